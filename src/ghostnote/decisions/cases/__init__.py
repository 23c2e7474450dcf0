"""Cases: what people look at and decide, from the queue to the labels that their decisions become."""
