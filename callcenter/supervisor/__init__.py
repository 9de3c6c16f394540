"""The process supervisor behind ``callcenter serve``.

A pure machine (`machine`) decides from facts (`events`) what is to be done (`commands`); a thin asyncio shell
(`runner`) starts, watches and ends the processes. `plan` says which processes make a platform.
"""
