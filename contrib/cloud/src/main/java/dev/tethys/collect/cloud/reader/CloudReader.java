package dev.tethys.collect.cloud.reader;

/** Reads the databases of one region or project of a cloud again and again. Not thread-safe. */
public interface CloudReader {
  /** Cloud, such as {@code aws}; prefix of the metrics. */
  String cloud();

  /** Region or project, as in statuses. */
  String place();

  /** Reads; failures are in the parts of the result. */
  CloudReading read() throws InterruptedException;
}
