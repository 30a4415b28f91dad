package dev.tethys.pipeline.exporter.awss3;

import dev.tethys.codec.compression.Compression;
import dev.tethys.pipeline.Signal;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.UUID;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * Keys of objects: prefixes, a partition by the current time, and a name with a unique part. The
 * Collector's unique part has nine digits, so objects of a fleet collide and replace each other;
 * here it has eighteen.
 */
final class ObjectKeys {
  private static final long LEAST = 100_000_000_000_000_000L;

  private final AwsS3Settings settings;
  private final Signal signal;
  private final LongSupplier millis;
  private final RandomGenerator random;

  ObjectKeys(AwsS3Settings settings, Signal signal, LongSupplier millis) {
    this(settings, signal, millis, new SecureRandom());
  }

  ObjectKeys(AwsS3Settings settings, Signal signal, LongSupplier millis, RandomGenerator random) {
    this.settings = settings;
    this.signal = signal;
    this.millis = millis;
    this.random = random;
  }

  /** Returns an object key not used before. */
  String next(String prefix) {
    long now = millis.getAsLong();
    StringBuilder key = new StringBuilder();
    for (String part :
        new String[] {
          settings.basePrefix(),
          prefix,
          settings.partition().at(Instant.ofEpochMilli(now), settings.zone())
        }) {
      if (!part.isEmpty()) {
        key.append(part).append('/');
      }
    }
    key.append(settings.filePrefix()).append(ObjectEncoder.word(signal)).append('_');
    key.append(settings.uuid() ? uuid(now) : Long.toString(random.nextLong(LEAST, 10 * LEAST)));
    key.append('.').append(settings.marshaler().suffix);
    if (settings.compression() != Compression.NONE) {
      key.append(settings.compression() == Compression.GZIP ? ".gz" : ".zst");
    }
    return key.toString().replaceAll("/{2,}", "/");
  }

  /** Creates a version 7 UUID (RFC 9562). */
  private String uuid(long now) {
    long high = now << 16 | 0x7000 | random.nextInt(1 << 12);
    long low = random.nextLong() & 0x3fffffffffffffffL | 0x8000000000000000L;
    return new UUID(high, low).toString();
  }
}
