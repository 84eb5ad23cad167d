"""Map blocks as a scenario would write them."""

from __future__ import annotations

from typing import Any

FERGHANA: dict[str, Any] = {
    "title": "The border between Batken and Sughd",
    "view": [69.15, 39.45, 72.1, 41.1],
    "countries": {"kyrgyzstan": "KGZ", "tajikistan": "TJK"},
    "borders": {"kyrgyz_tajik": {"between": ["KGZ", "TJK"], "status": "undemarcated"}},
    "places": {
        "batken": {"at": [70.819, 40.06], "kind": "town"},
        "isfara": {"at": [70.625, 40.126], "kind": "town", "side": "above"},
        "khujand": {"at": [69.622, 40.283], "kind": "town"},
        "vorukh": {"at": [70.58, 39.851], "kind": "exclave", "side": "below"},
        "sokh": {"at": [71.13, 39.97], "kind": "exclave"},
        "shohimardon": {"at": [71.73, 39.94], "kind": "exclave", "side": "below"},
        "kayragach": {
            "at": [69.76, 40.05],
            "kind": "exclave",
            "label": "Kayragach (Lolazor)",
            "side": "below",
        },
        "osh_city": {"at": [72.0, 40.53], "kind": "town", "label": "to Osh", "side": "left"},
    },
    "sectors": {
        "lailak": {
            "label": "Lailak",
            "along": ["KGZ", "TJK"],
            "from": [69.3, 39.95],
            "to": [69.9, 40.1],
            "chance": "battle",
        },
        "batken": {
            "label": "Batken",
            "along": ["KGZ", "TJK"],
            "from": [70.5, 40.05],
            "to": [70.95, 40.2],
            "chance": "protests",
        },
        "vorukh": {"label": "Vorukh road", "path": [[70.62, 40.02], [70.59, 39.93]], "chance": "settlement"},
    },
    "note": "Positions of incidents are approximate.",
}

KAZAKHSTAN: dict[str, Any] = {
    "view": [46.0, 40.0, 88.0, 56.0],
    "countries": {"kazakhstan": "KAZ"},
    "places": {
        "almaty": {"at": [76.95, 43.25], "kind": "incident"},
        "astana": {"at": [71.45, 51.17], "kind": "capital"},
    },
}

ARMENIA: dict[str, Any] = {
    "view": [43.0, 38.5, 50.5, 42.0],
    "countries": {"armenia": "ARM", "azerbaijan": "AZE"},
    "borders": {"line": {"between": ["ARM", "AZE"], "status": "undemarcated"}},
    "places": {
        "yerevan": {"at": [44.51, 40.18], "kind": "capital"},
        "jermuk": {"at": [45.67, 39.84], "kind": "incident"},
    },
}
