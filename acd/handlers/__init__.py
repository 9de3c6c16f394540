"""What the engine does with each fact and request: one module for each kind of thing they are about.

Every handler is a function of the engine's state and the event. It changes the state, appends commands to
``state.out``, and ends by placing interactions or settling agents (:mod:`acd.placement`).
"""
