"""Sound in a worker: devices, streams, tones."""
