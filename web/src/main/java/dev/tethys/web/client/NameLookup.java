package dev.tethys.web.client;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.net.http.HttpTimeoutException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Resolves names within the caller's time limit: Java's own lookup takes as long as the system's,
 * and cannot be interrupted.
 *
 * <p>Invariant: a name is resolved by one thread at a time, for all callers that wait for it;
 * abandoned lookups end on their own, and are bounded in number.
 */
public final class NameLookup {
  /** Maximum number of lookups that may hang concurrently without blocking others. */
  private static final int MAX_THREADS = 512;

  static final NameLookup SYSTEM =
      new NameLookup(host -> List.of(InetAddress.getAllByName(host)), MAX_THREADS);

  private final Addresses addresses;
  private final ThreadPoolExecutor threads;
  private final ConcurrentMap<String, CompletableFuture<List<InetAddress>>> underWay =
      new ConcurrentHashMap<>();

  NameLookup(Addresses addresses, int most) {
    this(addresses, most, work -> Thread.ofPlatform().daemon().name("name-lookup").unstarted(work));
  }

  NameLookup(Addresses addresses, int most, ThreadFactory factory) {
    this.addresses = addresses;
    this.threads =
        new ThreadPoolExecutor(0, most, 10, TimeUnit.SECONDS, new SynchronousQueue<>(), factory);
  }

  /**
   * Returns all addresses of a host, in the system's order.
   *
   * @param host a name, or an address without brackets
   * @param deadline deadline as a {@link System#nanoTime} value
   * @throws UnknownHostException if there is none
   * @throws HttpTimeoutException if the time limit expires
   */
  public static List<InetAddress> all(String host, long deadline) throws IOException {
    return SYSTEM.find(host, deadline);
  }

  List<InetAddress> find(String host, long deadline) throws IOException {
    try {
      return List.of(InetAddress.ofLiteral(host));
    } catch (IllegalArgumentException e) {
      // a name
    }
    CompletableFuture<List<InetAddress>> mine = new CompletableFuture<>();
    CompletableFuture<List<InetAddress>> found = underWay.putIfAbsent(host, mine);
    if (found == null) {
      found = mine;
      begin(host, mine);
    }
    try {
      return found.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new HttpTimeoutException("lookup " + host + ": i/o timeout");
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case UnknownHostException u -> {
          UnknownHostException own = new UnknownHostException(u.getMessage());
          own.initCause(u);
          throw own;
        }
        case null, default -> {
          String reason = e.getCause() == null ? null : e.getCause().getMessage();
          throw new IOException("lookup " + host + ": " + reason, e);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("lookup " + host + ": interrupted");
    }
  }

  private void begin(String host, CompletableFuture<List<InetAddress>> into) {
    try {
      threads.execute(
          () -> {
            try {
              List<InetAddress> all = addresses.of(host);
              underWay.remove(
                  host,
                  into); // before waiting callers continue: the next caller starts a new lookup
              into.complete(all);
            } catch (UnknownHostException | RuntimeException | Error e) {
              underWay.remove(host, into);
              into.completeExceptionally(e);
            }
          });
    } catch (RejectedExecutionException e) {
      underWay.remove(host, into);
      into.completeExceptionally(
          new IOException(threads.getMaximumPoolSize() + " name lookups are already in progress"));
    } catch (RuntimeException | Error e) { // such as where the system has no more threads
      underWay.remove(host, into); // otherwise each request for it would wait
      into.completeExceptionally(e);
    }
  }
}
