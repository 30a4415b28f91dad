package dev.tethys.collect.observe.protocol;

/** Receiver of the requests found in a connection. */
@FunctionalInterface
public interface RequestSink {
  /** Called on the thread that feeds the connection, once for each answered request. */
  void accept(ObservedRequest request);
}
