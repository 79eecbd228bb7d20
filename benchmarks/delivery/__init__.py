"""How feeds are delivered: speed, memory, latency, and a week of polling."""
