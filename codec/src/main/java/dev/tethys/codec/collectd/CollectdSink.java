package dev.tethys.codec.collectd;

/** Where what collectd sends goes. */
public interface CollectdSink {
  /** Takes values. */
  void values(ValueList v);

  /** Takes a notification. */
  void notification(Notification n);
}
