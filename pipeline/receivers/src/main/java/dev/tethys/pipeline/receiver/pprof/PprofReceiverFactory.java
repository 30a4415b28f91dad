package dev.tethys.pipeline.receiver.pprof;

import dev.tethys.codec.otlp.wire.ProfilesWriter;
import dev.tethys.codec.pprof.PprofReader;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Clockwork;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.component.ServerAuth;
import dev.tethys.pipeline.receiver.server.Authenticators;
import dev.tethys.pipeline.receiver.server.HttpDoor;
import dev.tethys.pipeline.receiver.server.HttpServerSettings;
import dev.tethys.pipeline.receiver.server.Intake;
import dev.tethys.pipeline.receiver.server.Intake.BusyException;
import dev.tethys.pipeline.receiver.server.Intake.Hold;
import dev.tethys.pipeline.receiver.server.PushReceiver;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes {@code pprof} receivers. 204 when a profile is where it goes to; 400 when it is none, or is
 * refused; 503 when the sender is to come again.
 */
public final class PprofReceiverFactory implements ReceiverFactory<PprofReceiverFactory.Settings> {
  /** What one is told. */
  public record Settings(HttpServerSettings server) {}

  /** Where profiles are posted to. */
  static final String PATH = "/v1/pprof";

  private static final Section SERVER =
      new Section("server", "Takes profiles that are posted to " + PATH + ".");
  private static final HttpServerSettings.Keys SERVER_KEYS =
      new HttpServerSettings.Keys(SERVER, "localhost:8080");

  private static final Section SECTION = new Section("pprof", "Receives profiles of pprof.");
  private static final Key<HttpServerSettings> SERVER_KEY =
      SECTION.required("server", SERVER.type(SERVER_KEYS::read), "Where profiles are posted to.");

  static {
    SECTION.notBuilt("remote", "Profiles that are fetched from a program.");
    SECTION.notBuilt("file", "Profiles that stand in files.");
    SECTION.notBuilt("self", "Profiles of the process itself, which is not written in Go.");
  }

  @Override
  public String type() {
    return "pprof";
  }

  @Override
  public String about() {
    return "Receives profiles that are posted as pprof writes them.";
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(o -> new Settings(o.get(SERVER_KEY)));
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.PROFILES);
  }

  @Override
  public Receiver create(Settings s, Map<Signal, Consumer> outputs, Context context) {
    return receiver(s, outputs, Authenticators.find(s.server.auth(), context), context.clock());
  }

  static PushReceiver receiver(
      Settings s, Map<Signal, Consumer> outputs, @Nullable ServerAuth auth, Clockwork clock) {
    HttpDoor door = new HttpDoor(new Intake(Intake.DEFAULT_MAX_BYTES), s.server, auth);
    Consumer c = outputs.get(Signal.PROFILES);
    if (c != null) {
      door.post(PATH, (q, r) -> take(door, c, q, r));
    }
    return new PushReceiver(null, door, clock::nanos);
  }

  private static void take(HttpDoor door, Consumer to, HttpRequest request, HttpResponse response)
      throws IOException, InterruptedException, BusyException {
    try (Hold hold = door.intake().open()) {
      byte[] b = door.body(request, door.compression(request), hold);
      hold.take(3L * b.length);
      Map<String, String> resource = new LinkedHashMap<>();
      // Of the resource pprof says nothing; a sender may, in the query.
      for (String name : request.query().names()) {
        resource.put(name, String.valueOf(request.query().first(name)));
      }
      ProfilesWriter out = new ProfilesWriter();
      out.resource(resource);
      PprofReader.read(b, door.maxBodyBytes(), Map.of(), Map.of(), out);
      Outcome o = Outcome.ACCEPTED;
      if (out.samples() > 0) {
        Batch batch =
            new Batch(
                Signal.PROFILES,
                Encoding.OTLP,
                out.toByteArray(),
                out.samples(),
                0,
                door.metadata(request));
        o = Intake.deliver(batch, to, request);
      }
      HttpDoor.answer(response, o);
    }
  }
}
