package dev.tethys.api.traces;

import dev.tethys.codec.CodecException;
import dev.tethys.web.GrpcException;
import dev.tethys.web.GrpcException.Status;
import dev.tethys.web.HttpException;
import java.util.function.Supplier;

/** Statuses of gRPC for the failures of requests. */
final class GrpcCalls {
  private GrpcCalls() {}

  /** Runs work and gives its failures a status of gRPC. */
  static <T> T run(Supplier<T> work) throws GrpcException {
    try {
      return work.get();
    } catch (CodecException e) {
      throw new GrpcException(Status.INVALID_ARGUMENT, String.valueOf(e.getMessage()));
    } catch (HttpException e) {
      Status status =
          switch (e.status()) {
            case 400, 422 -> Status.INVALID_ARGUMENT;
            case 404 -> Status.NOT_FOUND;
            case 499 -> Status.CANCELLED;
            case 503 -> Status.UNAVAILABLE;
            case 504 -> Status.DEADLINE_EXCEEDED;
            default -> Status.INTERNAL;
          };
      throw new GrpcException(status, String.valueOf(e.getMessage()));
    }
  }

  static GrpcException notFound(String message) {
    return new GrpcException(Status.NOT_FOUND, message);
  }
}
