package dev.tethys.pipeline.ottl.function;

import dev.tethys.model.UuidV7;
import dev.tethys.pipeline.ottl.EvaluationException;
import dev.tethys.pipeline.ottl.Id;
import dev.tethys.pipeline.ottl.OttlFunction;
import dev.tethys.pipeline.ottl.ParameterKind;
import dev.tethys.pipeline.ottl.Type;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/** Functions that convert and generate ids of traces, spans and profiles. */
final class IdConverters {
  private IdConverters() {}

  static List<OttlFunction> all(InstantSource clock) {
    return List.of(
        id("TraceID", Id.Kind.TRACE),
        id("SpanID", Id.Kind.SPAN),
        id("ProfileID", Id.Kind.PROFILE),
        OttlFunction.converter("UUID", Type.STRING)
            .impure()
            .made(_ -> _ -> UUID.randomUUID().toString()),
        OttlFunction.converter("UUIDv7", Type.STRING)
            .impure()
            .made(_ -> _ -> UuidV7.at(clock.millis(), ThreadLocalRandom.current()).toString()));
  }

  private static OttlFunction id(String name, Id.Kind kind) {
    return OttlFunction.converter(name, Type.ID)
        .takes("value", ParameterKind.ANY)
        .made(
            a ->
                TypeConverters.one(
                    a,
                    v ->
                        switch (v) {
                          case byte[] b when b.length == 2 * kind.length() ->
                              Id.hex(kind, new String(b, StandardCharsets.US_ASCII));
                          case byte[] b -> Id.of(kind, b);
                          case String s -> Id.hex(kind, s);
                          case Id id when id.kind() == kind -> id;
                          case null, default ->
                              throw new EvaluationException(
                                  "an id requires bytes or a string of hexadecimal digits");
                        }));
  }
}
