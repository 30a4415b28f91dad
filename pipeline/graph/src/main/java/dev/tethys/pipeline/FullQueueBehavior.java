package dev.tethys.pipeline;

/** Behaviour of a component when the queue of a downstream exporter is full. */
public enum FullQueueBehavior {
  /** That of the component before it; a receiver is refused. */
  INHERIT,
  /** It waits for room: its data stays at its source until it is acknowledged. */
  WAIT,
  /** It is refused, because it offers the data elsewhere then. */
  REFUSE
}
