package dev.tethys.pipeline;

/** Behaviour of a component when the queue of a downstream exporter is full. */
public enum FullQueueBehavior {
  /** Behaviour of the preceding component; a receiver's data is rejected. */
  INHERIT,
  /** Waits for space: its data stays at its source until acknowledged. */
  WAIT,
  /** Is refused, because it then offers the data to another destination. */
  REFUSE
}
