package dev.tethys.pipeline.exporter.parquet;

import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.client.S3Settings;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.s3.S3Client;
import dev.tethys.web.s3.S3Content;
import dev.tethys.web.s3.S3Exception;
import dev.tethys.web.s3.S3Retry;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Bucket of S3 as target of files. */
final class S3Target implements FileTarget {
  private static final System.Logger LOG = JulLogger.of(S3Target.class.getName());

  /** Most that is read back: files that probes have made. */
  private static final int MAX_READ = 1 << 20;

  /** Maximum time for removing objects from a failing service. */
  private static final Duration TAKING_BACK = Duration.ofMinutes(1);

  /** Content type of objects. */
  static final String TYPE = "application/vnd.apache.parquet";

  private final S3Settings settings;
  private final S3Client client;

  S3Target(S3Settings settings, HttpClientFactory factory, Duration timeout, InstantSource clock) {
    this.settings = settings;
    // A failed group is written again under other names, so retries are made here.
    this.client = new S3Client(settings.location(), factory, timeout, clock, S3Retry.USUAL);
  }

  private String key(String path) {
    return settings.key(path);
  }

  private String name(String path) {
    return client.name(key(path));
  }

  @Override
  public void publish(List<NewFile> files) throws IOException, InterruptedException {
    List<NewFile> there = new ArrayList<>(); // the last one perhaps
    boolean done = false;
    try {
      for (NewFile f : files) {
        put(f, there);
      }
      done = true;
    } finally {
      if (!done) {
        takeBack(there);
      }
    }
  }

  private void put(NewFile f, List<NewFile> there) throws IOException, InterruptedException {
    try {
      client.put(
          key(f.path()),
          Map.of("content-type", TYPE),
          S3Content.of(f.content()),
          () -> there.add(f));
    } catch (S3Exception e) {
      boolean begun = !there.isEmpty() && there.getLast() == f;
      if (begun && !e.inDoubt()) {
        there.removeLast();
      }
      throw e;
    }
  }

  /**
   * Removes objects, best effort: the group is written again under new names each time, so
   * leftovers would accumulate. Remaining objects are logged for manual removal.
   */
  private void takeBack(List<NewFile> files) {
    boolean interrupted = Thread.interrupted();
    long begun = System.nanoTime();
    String abandoned = "";
    for (NewFile f : files) {
      String reason = abandoned;
      if (abandoned.isEmpty()) {
        try {
          remove(f.path());
          continue;
        } catch (IOException e) {
          reason = Objects.requireNonNullElse(e.getMessage(), e.toString());
          if (System.nanoTime() - begun > TAKING_BACK.toNanos()) {
            abandoned = "not tried, after the service failed for " + TAKING_BACK.toSeconds() + " s";
          }
        } catch (InterruptedException e) {
          interrupted = true;
          abandoned = "the exporter stops";
          reason = abandoned;
        }
      }
      LOG.log(
          System.Logger.Level.WARNING,
          "Partial group dropped, object may exist, its rows are sent again object={0}"
              + " error=\"{1}\"",
          name(f.path()),
          reason);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public String check() throws IOException, InterruptedException {
    client.checkBucket();
    return "the bucket " + settings.location().bucket() + " is there";
  }

  @Override
  public byte[] read(String path) throws IOException, InterruptedException {
    return client.get(key(path), MAX_READ);
  }

  @Override
  public void remove(String path) throws IOException, InterruptedException {
    client.delete(key(path));
  }
}
