package dev.tethys.api.pyroscope.debuginfo;

import dev.tethys.model.BoundedMap;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Client of a debuginfod server. Ids unknown to the server are not requested again for an hour;
 * after a failure nothing is requested for a minute. Source: debuginfod(8), webapi.
 */
final class Debuginfod {
  private static final int MAX_MISSING = 10_000;
  private static final long MISSING_NANOS = Duration.ofHours(1).toNanos();
  private static final long FAILED_NANOS = Duration.ofMinutes(1).toNanos();

  private final URI base;
  private final WebClient client;
  private final Duration timeout;
  private final DebugInfoStore store;
  private final LongSupplier nanoTime;
  private final Map<String, Long> missing = BoundedMap.byAge(MAX_MISSING);
  private boolean failed;
  private long failedAt;

  Debuginfod(
      URI base, WebClient client, Duration timeout, DebugInfoStore store, LongSupplier nanoTime) {
    this.base = base;
    this.client = client;
    this.timeout = timeout;
    this.store = store;
    this.nanoTime = nanoTime;
  }

  private synchronized boolean isAsked(String buildId) {
    long now = nanoTime.getAsLong();
    if (failed && now - failedAt < FAILED_NANOS) {
      return false;
    }
    Long at = missing.get(buildId);
    return at == null || now - at >= MISSING_NANOS;
  }

  private synchronized void setMissing(String buildId) {
    missing.remove(buildId);
    missing.put(buildId, nanoTime.getAsLong());
  }

  private synchronized void setFailed(boolean value) {
    failed = value;
    failedAt = nanoTime.getAsLong();
  }

  /** Fetches the file of a build into the store; returns false if there is none, or not now. */
  boolean fetch(String buildId) {
    if (!isAsked(buildId)) {
      return false;
    }
    String root = base.toString().replaceAll("/+$", "");
    URI uri = URI.create(root + "/buildid/" + buildId + "/debuginfo");
    try (ClientResponse r = client.send(ClientRequest.get(uri).withTimeout(timeout))) {
      if (r.status() == 200) {
        store.put(null, buildId, r.decoded(store.maxFileBytes()));
        setFailed(false);
        return true;
      }
      if (r.status() >= 500) {
        setFailed(true);
      }
      setMissing(buildId);
      return false;
    } catch (DebugInfoException e) {
      setMissing(buildId); // too large, or not the requested file
      return false;
    } catch (IOException e) {
      setFailed(true);
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
