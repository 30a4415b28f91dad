package dev.tethys.pipeline.extension.sampling;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.pipeline.client.GrpcClientSettings;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.web.client.GrpcChannel;
import dev.tethys.web.client.GrpcReply;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Strategies of a remote server, requested over gRPC and cached. */
final class RemoteStrategies implements StrategySource {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  /** Maximum number of cached responses; clients choose the service name. */
  private static final int MAX_KEPT = 10_000;

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record CachedStrategy(byte[] answer, long since) {}

  private final GrpcClientSettings settings;
  private final @Nullable ClientAuth auth;
  private final long keepNanos;
  private final LongSupplier nanos;
  private final GrpcChannel channel;
  private final Map<String, CachedStrategy> kept = new ConcurrentHashMap<>();

  /**
   * @param keep cache lifetime of a response; zero to request it each time
   */
  RemoteStrategies(
      GrpcClientSettings settings, @Nullable ClientAuth auth, Duration keep, LongSupplier nanos) {
    this.settings = settings;
    this.auth = auth;
    this.keepNanos = keep.toNanos();
    this.nanos = nanos;
    this.channel = new GrpcChannel(settings.channel());
  }

  @Override
  public byte[] of(String service) throws IOException, InterruptedException {
    CachedStrategy k = kept.get(service);
    if (k != null && holds(k)) {
      return k.answer;
    }
    byte[] answer = fetch(service);
    if (keepNanos > 0) {
      if (kept.size() >= MAX_KEPT) {
        kept.values().removeIf(x -> !holds(x));
      }
      if (kept.size() < MAX_KEPT) {
        kept.put(service, new CachedStrategy(answer, nanos.getAsLong()));
      }
    }
    return answer;
  }

  private boolean holds(CachedStrategy k) {
    return nanos.getAsLong() - k.since < keepNanos;
  }

  private byte[] fetch(String service) throws IOException, InterruptedException {
    Map<String, String> headers = new LinkedHashMap<>();
    settings.headers().forEach((name, v) -> headers.put(name, v.value()));
    if (auth != null) {
      auth.headers().forEach((name, v) -> headers.put(name.toLowerCase(Locale.ROOT), v));
    }
    ClientAuth.edited(auth, headers);
    byte[] message = new ProtoWriter().string(1, service).toByteArray();
    GrpcReply r =
        channel.call(
            RemoteSampling.METHOD,
            headers,
            settings.compression().compress(message, 0, message.length, Compression.DEFAULT_LEVEL),
            settings.encoding(),
            TIMEOUT);
    if (r.status() != GrpcReply.OK) {
      if (r.status() == GrpcReply.UNAUTHENTICATED && auth != null) {
        auth.refused();
      }
      throw new IOException(
          "the source of strategies answered " + r.statusName() + ": " + r.message());
    }
    byte[] answer = r.body();
    try {
      StrategyJson.of(answer);
    } catch (CodecException e) {
      throw new IOException("invalid response of the strategy source: " + e.getMessage(), e);
    }
    return answer;
  }

  @Override
  public void stop() {
    channel.close();
  }
}
