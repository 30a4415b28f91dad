package dev.tethys.codec.collectd;

/** Receiver of decoded value lists and notifications. */
public interface CollectdSink {
  /** Takes values. */
  void values(ValueList v);

  /** Takes a notification. */
  void notification(Notification n);
}
