"""Maps: from a scenario's ``map:`` block to a figure, for any crisis in Central Asia and the Caucasus.

What a scenario may write (all of it optional but ``view``; positions are ``[longitude, latitude]`` in
degrees)::

    map:
      title: The border in Batken and Sughd            # what is drawn, not what was found view: [69.0,
      39.3, 72.2, 41.1]                   # west, south, east, north countries: {kyrgyzstan: KGZ,
      tajikistan: TJK}    # actor -> ISO code: these are tinted and named; others stay plain borders:
      # lines between two countries, in their own style
        kyrgyz_tajik: {between: [KGZ, TJK], status: undemarcated, from: [69.3, 39.9], to: [70.9, 39.8],
        because: [C29]}
      places:
        vorukh: {at: [70.58, 39.85], kind: exclave, label: Vorukh, about: Tajik exclave, because: [C30]}
        batken: {at: [70.82, 40.06], kind: town}
        dostuk: {at: [69.90, 40.05], kind: incident, about: School occupied, because: [C04]}
      sectors:                                         # where fighting may happen
        vorukh_road: {label: Vorukh and Ak-Say, path: [[70.5, 39.9], [70.6, 40.0]], chance:
        fighting_vorukh} lailak: {label: Lailak, along: [KGZ, TJK], from: [69.2, 39.9], to: [69.9,
        40.1], chance: fighting_lailak}
      note: Positions of incidents are approximate.

``status`` is ``undemarcated`` (dashed) or ``demarcated`` (solid); without ``from`` and ``to`` it holds
for the whole common line, exclaves included; with them, for the part of the line between the vertices
nearest to the two points. ``kind`` is one of ``capital``, ``town``, ``exclave``, ``incident``,
``base``, ``crossing``, ``summit``. A sector has one of ``path`` (a line), ``area`` (a ring) or
``along`` (a piece of the common line of two countries, as for borders), and ``chance``: the name of an
outcome of kind probability or share, whose estimate colours it. Several sectors may name the same
outcome; a sector without ``chance`` is drawn in outline only.

The outlines are Natural Earth 1:10m (public domain), clipped and simplified by
``tools/build_outlines.py``. They are a picture of who administers what, are not endorsed as borders,
and lack what is too small at that scale: Kayragach, for one, must be a place. Codes available: KGZ TJK
UZB KAZ TKM AFG CHN RUS ARM AZE GEO TUR IRN PAK IND IRQ MNG.

What is drawn is projected by Mercator about the view's middle. The scale bar holds at the middle
latitude; over two degrees of latitude the error at the edge is about 1.5 percent at 40 degrees north.
"""
