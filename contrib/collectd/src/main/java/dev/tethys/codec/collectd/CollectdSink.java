package dev.tethys.codec.collectd;

/** Receiver of decoded value lists and notifications. */
public interface CollectdSink {
  /** Receives values. */
  void values(ValueList v);

  /** Receives a notification. */
  void notification(Notification n);
}
