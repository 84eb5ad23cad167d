"""The library: actors, institutions, mechanisms, sources and crises as files; `catalogue` lists them."""
