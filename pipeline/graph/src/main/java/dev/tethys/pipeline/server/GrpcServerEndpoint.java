package dev.tethys.pipeline.server;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.wire.RpcStatus;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.model.tracing.CallerContext;
import dev.tethys.model.tracing.TraceContext;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.component.ServerAuth;
import dev.tethys.pipeline.server.ReceiverAdmission.BusyException;
import dev.tethys.pipeline.server.ReceiverAdmission.Hold;
import dev.tethys.web.Grpc;
import dev.tethys.web.GrpcException;
import dev.tethys.web.GrpcException.Status;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** gRPC methods of a receiver with their common features: authentication, limits, metadata. */
public final class GrpcServerEndpoint {
  private static final String TRANSPORT = "grpc";

  private final ReceiverAdmission admission;
  private final GrpcServerSettings settings;
  private final @Nullable ServerAuth auth;
  private final Routes routes;
  private volatile RefusedItems refused = RefusedItems.NONE;

  public GrpcServerEndpoint(
      ReceiverAdmission admission, GrpcServerSettings settings, @Nullable ServerAuth auth) {
    this(admission, settings, auth, new Routes());
  }

  /** Creates an endpoint whose methods are paths of another listener. */
  public GrpcServerEndpoint(
      ReceiverAdmission admission,
      GrpcServerSettings settings,
      @Nullable ServerAuth auth,
      Routes routes) {
    this.admission = admission;
    this.settings = settings;
    this.auth = auth;
    this.routes = routes;
  }

  /** Handler of a method's messages. */
  @FunctionalInterface
  public interface Method {
    /**
     * Handles a message.
     *
     * @param hold reserves memory beyond the message
     * @param metadata headers to pass on
     * @throws CodecException if the message is malformed
     */
    byte[] call(byte[] message, HttpRequest request, Hold hold, Metadata metadata)
        throws GrpcException, BusyException, InterruptedException;
  }

  /**
   * Adds a method.
   *
   * @param path such as {@code /package.Service/Method}
   */
  public void method(String path, Method method) {
    routes.post(
        path,
        Grpc.unary(
            settings.maxMessageBytes(), (message, request) -> call(message, request, method)));
  }

  /**
   * Adds a method with a streamed response.
   *
   * @param path such as {@code /package.Service/Method}
   */
  public void stream(String path, Grpc.StreamMethod method) {
    routes.post(
        path,
        Grpc.stream(
            settings.maxMessageBytes(),
            (message, request, to) -> {
              authenticate(request);
              try {
                method.call(message, request, to);
              } catch (CodecException e) {
                throw new GrpcException(Status.INVALID_ARGUMENT, String.valueOf(e.getMessage()));
              }
            }));
  }

  /** Sets the counter of rejected items. */
  public void countRefused(RefusedItems by) {
    refused = by;
  }

  /** Counts items of a message that could not be read. */
  public void refused(RejectedItems r) {
    refused.refused(TRANSPORT, r);
  }

  /** Counts items of a message that could not be read, for one reason. */
  public void refused(long items, String why) {
    if (items > 0) {
      refused.refused(TRANSPORT, items, why);
    }
  }

  private void authenticate(HttpRequest request) throws GrpcException {
    if (auth != null && !auth.accepts(request::headers)) {
      throw new GrpcException(Status.UNAUTHENTICATED, "not authenticated");
    }
  }

  private byte[] call(byte[] message, HttpRequest request, Method method)
      throws GrpcException, InterruptedException {
    authenticate(request);
    try (Hold hold = admission.open()) {
      hold.take(message.length);
      Metadata metadata =
          Listeners.metadata(request, settings.includeMetadata(), auth, request::headers);
      return call(method, message, request, hold, metadata);
    } catch (BusyException e) {
      throw unavailable(e.outcome());
    } catch (CodecException e) {
      refused(1, String.valueOf(e.getMessage()));
      throw new GrpcException(Status.INVALID_ARGUMENT, String.valueOf(e.getMessage()));
    }
  }

  /** Calls a method within the trace of its client. */
  private static byte[] call(
      Method method, byte[] message, HttpRequest request, Hold hold, Metadata metadata)
      throws GrpcException, BusyException, InterruptedException {
    String parent = request.header(TraceContext.PARENT_HEADER);
    if (parent == null) {
      return method.call(message, request, hold, metadata);
    }
    try {
      return CallerContext.<byte[], Exception>during(
          parent,
          request.header(TraceContext.STATE_HEADER),
          () -> method.call(message, request, hold, metadata));
    } catch (GrpcException | BusyException | InterruptedException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e); // methods throw no others
    }
  }

  /** Status that tells a client to retry. */
  public static GrpcException unavailable(Outcome.Unavailable u) {
    return new GrpcException(
        Status.UNAVAILABLE,
        u.reason(),
        u.retryAfter().isPositive()
            ? new RpcStatus(Status.UNAVAILABLE.code(), u.reason(), u.retryAfter()).toProtobuf()
            : null);
  }

  /**
   * Returns a response without content if all items were accepted.
   *
   * @throws GrpcException if something was not
   */
  public static byte[] empty(Outcome outcome) throws GrpcException {
    return switch (outcome) {
      case Outcome.Accepted a -> new byte[0];
      case Outcome.Rejected r -> throw rejected(r);
      case Outcome.Unavailable u -> throw unavailable(u);
    };
  }

  /** Returns an error with the number of rejected items, for methods without a field for it. */
  private static GrpcException rejected(Outcome.Rejected r) {
    Status s = Status.INVALID_ARGUMENT;
    return new GrpcException(
        s,
        r.reason(),
        r.items() > 0 ? new RpcStatus(s.code(), r.reason(), null, r.items()).toProtobuf() : null);
  }

  ServedPort open(LongSupplier nanos) throws IOException {
    return Listeners.start(settings, routes, nanos);
  }
}
