"""What happens at each family of nodes: functions of a call's state, the node and the time, that say where it goes."""
