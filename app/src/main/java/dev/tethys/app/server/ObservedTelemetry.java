package dev.tethys.app.server;

import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.codec.otlp.wire.ProfilesWriter;
import dev.tethys.collect.observe.ObserverSinks;
import dev.tethys.collect.observe.connection.Owner;
import dev.tethys.collect.observe.export.ObservedProfiles;
import dev.tethys.collect.observe.profile.ProfileSink.OwnerProfile;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.exporter.tethys.EmbeddedStore;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;

/**
 * Forwards profiles and spans of the observed machine to the stores of the server. What a store
 * rejects is dropped and logged: the next round has the same processes.
 */
final class ObservedTelemetry {
  private static final System.Logger LOG = JulLogger.of(ObservedTelemetry.class.getName());

  private static final String SERVICE = "service.name";

  private final LimitedLog failures = new LimitedLog(LOG);
  private final Map<String, String> host;

  private ObservedTelemetry(String hostName) {
    this.host = Map.of("host.name", hostName);
  }

  /**
   * Sinks of the observer for the stores that exist.
   *
   * @param stores embedded stores by signal
   */
  static ObserverSinks sinks(Map<Signal, EmbeddedStore> stores, String hostName) {
    ObservedTelemetry t = new ObservedTelemetry(hostName);
    EmbeddedStore profiles = stores.get(Signal.PROFILES);
    EmbeddedStore traces = stores.get(Signal.TRACES);
    return new ObserverSinks(
        profiles == null ? null : p -> t.profiles(profiles, p),
        traces == null ? null : (batch, n) -> t.spans(traces, batch, n),
        1);
  }

  /** Returns the resource attributes; services are named as on the service map. */
  private Map<String, String> resource(Owner owner) {
    Map<String, String> out = ObservedProfiles.resource(owner, host);
    out.put(SERVICE, owner.shortName());
    return out;
  }

  private void profiles(EmbeddedStore to, List<OwnerProfile> profiles) {
    ProfilesWriter request = ObservedProfiles.otlp(profiles, this::resource);
    int samples = request.samples();
    store(to, new Batch(Signal.PROFILES, Encoding.OTLP, request.toByteArray(), samples, 0));
  }

  private void spans(EmbeddedStore to, TracesData batch, int spans) {
    describe(batch, host);
    store(to, new Batch(Signal.TRACES, Encoding.OTLP, new OtlpWriter().write(batch), spans, 0));
  }

  /** Names services as on the service map, and adds the attributes of the machine. */
  static void describe(TracesData batch, Map<String, String> host) {
    for (ResourceGroup<Span> g : batch.resources()) {
      Attributes a = g.resource().attributes();
      a.put(SERVICE, Owner.shortName(String.valueOf(a.get(SERVICE))));
      host.forEach(a::put);
    }
  }

  private void store(EmbeddedStore to, Batch batch) {
    String problem = StoringConsumer.problem(to, batch);
    if (!problem.isEmpty()) {
      failures.failure(
          Level.WARNING,
          "Telemetry of this machine was not stored signal=" + batch.signal(),
          batch.signal().name(),
          new IOException(problem));
    }
  }
}
