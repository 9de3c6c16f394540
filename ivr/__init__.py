"""IVR engine: flows interpreted by a pure machine; playing, listening and looking up are ports."""
