package dev.tethys.app.server;

import dev.tethys.app.cli.FlagSet;
import dev.tethys.app.prometheus.StorageConfig;
import dev.tethys.config.ByteSize;
import dev.tethys.config.Durations;
import java.time.Duration;

/**
 * How long and how much is kept: what the configuration says, else the flags, else fifteen days
 * when neither names a limit.
 */
final class Retention {
  private static final Duration DEFAULT = Duration.ofDays(15);

  private final Duration flagTime;
  private final long flagBytes;
  private volatile Duration time = DEFAULT;
  private volatile long bytes;

  Retention(FlagSet flags) {
    flagTime =
        flags.get("storage.tsdb.retention.time").isEmpty()
            ? Duration.ZERO
            : Duration.ofMillis(flags.millis("storage.tsdb.retention.time"));
    flagBytes = flags.bytes("storage.tsdb.retention.size");
    apply(StorageConfig.DEFAULT);
  }

  /** Takes over what a configuration says. */
  void apply(StorageConfig config) {
    Duration t = config.retentionTime();
    ByteSize s = config.retentionSize();
    long b = s == null ? flagBytes : s.bytes();
    Duration d = t == null ? flagTime : t;
    time = d.isZero() && b == 0 ? DEFAULT : d;
    bytes = b;
  }

  /** Zero for no limit. */
  Duration time() {
    return time;
  }

  /** 0 for no limit. */
  long bytes() {
    return bytes;
  }

  /** As Prometheus shows it: {@code 15d or 10GiB}. */
  @Override
  public String toString() {
    String t = time.isZero() ? "" : Durations.format(time);
    String s = bytes == 0 ? "" : new ByteSize(bytes).toString();
    return t.isEmpty() || s.isEmpty() ? t + s : t + " or " + s;
  }
}
