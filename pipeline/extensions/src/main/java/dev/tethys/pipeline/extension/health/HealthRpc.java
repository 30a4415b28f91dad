package dev.tethys.pipeline.extension.health;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.pipeline.server.GrpcServerEndpoint;
import dev.tethys.web.Grpc;
import dev.tethys.web.GrpcException;
import dev.tethys.web.GrpcException.Status;
import dev.tethys.web.HttpRequest;
import java.io.IOException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * {@code grpc.health.v1.Health}: Check returns the status of the process or a pipeline; Watch sends
 * it immediately and after each change, until the client disconnects or the server stops. A missing
 * pipeline may appear with a reload: Watch reports it and continues.
 *
 * <p>Bound: at most {@link #MOST} clients watch at a time.
 */
final class HealthRpc {
  /** Each has its own thread, if a virtual one. */
  static final int MOST = 1000;

  private static final String SERVICE = "/grpc.health.v1.Health/";
  private static final int SERVING = 1;
  private static final int NOT_SERVING = 2;
  private static final int SERVICE_UNKNOWN = 3;

  private final GraphHealth health;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  @GuardedBy("lock")
  private long changes;

  @GuardedBy("lock")
  private int watching;

  @GuardedBy("lock")
  private boolean ended;

  HealthRpc(GraphHealth health) {
    this.health = health;
  }

  void at(GrpcServerEndpoint endpoint) {
    endpoint.method(SERVICE + "Check", (message, request, hold, metadata) -> check(message));
    endpoint.stream(SERVICE + "Watch", this::watch);
  }

  private static String service(byte[] message) {
    String service = "";
    ProtoReader p = new ProtoReader(message);
    while (p.next()) {
      if (p.field() == 1) {
        service = p.readString();
      } else {
        p.skip();
      }
    }
    return service;
  }

  private GraphHealth.@Nullable Status of(String service) {
    return service.isEmpty() ? health.whole() : health.pipeline(service);
  }

  private static byte[] answer(int status) {
    return new ProtoWriter().int64(1, status).toByteArray();
  }

  private byte[] check(byte[] message) throws GrpcException {
    String service = service(message);
    GraphHealth.Status s = of(service);
    if (s == null) {
      throw new GrpcException(Status.NOT_FOUND, "there is no pipeline \"" + service + "\"");
    }
    return answer(s.healthy() ? SERVING : NOT_SERVING);
  }

  /** Watch of one client. */
  private final class Watch {
    @GuardedBy("lock")
    private boolean gone;

    void leave() {
      lock.lock();
      try {
        gone = true;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }

    /** Waits for another change than this; false if its client has gone, or all ends. */
    boolean await(long since) throws InterruptedException {
      lock.lock();
      try {
        while (!gone && !ended && changes == since) {
          changed.await();
        }
        return !gone && !ended;
      } finally {
        lock.unlock();
      }
    }
  }

  private void watch(byte[] message, HttpRequest request, Grpc.Messages to)
      throws GrpcException, IOException, InterruptedException {
    String service = service(message);
    enter();
    try {
      Watch w = new Watch();
      HttpRequest.Watch client = request.whenClientGone(w::leave);
      try {
        int status = -1;
        long seen;
        do {
          seen = changes();
          GraphHealth.Status s = of(service);
          int now = s == null ? SERVICE_UNKNOWN : s.healthy() ? SERVING : NOT_SERVING;
          if (now != status) {
            to.send(answer(now));
            status = now;
          }
        } while (w.await(seen));
      } finally {
        client.close();
      }
    } finally {
      leave();
    }
    throw new GrpcException(Status.UNAVAILABLE, "the collector is stopping");
  }

  private long changes() {
    lock.lock();
    try {
      return changes;
    } finally {
      lock.unlock();
    }
  }

  private void enter() throws GrpcException {
    lock.lock();
    try {
      if (watching >= MOST) {
        throw new GrpcException(
            Status.RESOURCE_EXHAUSTED, MOST + " clients are watching already; use Check");
      }
      watching++;
    } finally {
      lock.unlock();
    }
  }

  private void leave() {
    lock.lock();
    try {
      watching--;
    } finally {
      lock.unlock();
    }
  }

  /** Returns the number of watching clients. */
  int watching() {
    lock.lock();
    try {
      return watching;
    } finally {
      lock.unlock();
    }
  }

  /** Wakes all watches after a possible change. */
  void notifyWatchers() {
    lock.lock();
    try {
      changes++;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Ends all watches. */
  void end() {
    lock.lock();
    try {
      ended = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
