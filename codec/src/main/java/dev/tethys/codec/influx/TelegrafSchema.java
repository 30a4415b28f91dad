package dev.tethys.codec.influx;

/** Schema of the metrics written by Telegraf's Prometheus input plugin ({@code metric_version}). */
public enum TelegrafSchema {
  /**
   * A measurement for each metric, whose fields are {@code counter}, {@code gauge}, or {@code
   * count}, {@code sum} and the bounds of buckets or quantiles.
   */
  V1,

  /** A single measurement, {@code prometheus}, whose fields are the metrics. */
  V2
}
