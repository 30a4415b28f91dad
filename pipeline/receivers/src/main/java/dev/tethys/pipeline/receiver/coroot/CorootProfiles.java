package dev.tethys.pipeline.receiver.coroot;

import dev.tethys.codec.pprof.PprofReader;
import dev.tethys.codec.pprof.PprofReader.Named;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.receiver.pprof.PprofFiles;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.ReceiverAdmission;
import dev.tethys.pipeline.server.ReceiverAdmission.BusyException;
import dev.tethys.pipeline.server.ReceiverAdmission.Hold;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Profiles of Coroot's agents: {@code POST /v1/profiles} with a pprof file as body. The query has
 * the resource attributes ({@code service.name}, {@code container.id}, {@code host.name}, {@code
 * host.id}). The response is 200 when the profile is stored; agents accept no other status.
 *
 * <p>The agents name sample types {@code SOURCE:TYPE:UNIT}, such as {@code ebpf:cpu:nanoseconds}.
 * They are converted to the types of other agents ({@code cpu}, {@code alloc_space}), with the
 * source as the attribute {@code profile.source}. CPU time from sources other than eBPF is prefixed
 * with the source ({@code java_cpu}), because eBPF samples the same processes and the two must not
 * be added up.
 */
public final class CorootProfiles {
  /** Endpoint path. */
  public static final String PATH = "/v1/profiles";

  private static final String EBPF = "ebpf";
  private static final Set<String> SOURCES = Set.of(EBPF, "java", "go", "go_runtime");
  private static final String ATTRIBUTE = "profile.source";

  private CorootProfiles() {}

  /** Adds the endpoint. */
  public static void addTo(HttpServerEndpoint endpoint, Consumer to) {
    endpoint.post(PATH, (q, r) -> take(endpoint, to, q, r));
  }

  private static void take(
      HttpServerEndpoint endpoint, Consumer to, HttpRequest request, HttpResponse response)
      throws IOException, InterruptedException, BusyException {
    try (Hold hold = endpoint.admission().open()) {
      byte[] body = endpoint.body(request, endpoint.compression(request), hold);
      hold.take(3L * body.length);
      Map<String, String> resource = new LinkedHashMap<>();
      for (String name : request.query().names()) {
        resource.put(name, String.valueOf(request.query().first(name)));
      }
      Map<String, Named> names = new LinkedHashMap<>();
      String source = "";
      for (Named type : PprofReader.types(body, endpoint.maxBodyBytes())) {
        names.put(type.type(), named(type));
        source = source.isEmpty() ? source(type.type()) : source;
      }
      if (!source.isEmpty()) {
        resource.put(ATTRIBUTE, source);
      }
      PprofFiles files = new PprofFiles(endpoint.maxBodyBytes());
      files.add(body, names, resource, Map.of());
      Outcome o = Outcome.ACCEPTED;
      if (files.samples() > 0) {
        o = ReceiverAdmission.deliver(files.batch(endpoint.metadata(request)), to, request);
      }
      if (o instanceof Outcome.Accepted) {
        response.status(200).send();
      } else {
        HttpServerEndpoint.answer(response, o);
      }
    }
  }

  /** Returns the source in the name of a type; empty if it has none. */
  private static String source(String type) {
    String[] parts = type.split(":", -1);
    return parts.length == 3 && SOURCES.contains(parts[0]) ? parts[0] : "";
  }

  /** Returns a type under the name used by other agents. */
  static Named named(Named type) {
    String source = source(type.type());
    if (source.isEmpty()) {
      return type;
    }
    String[] parts = type.type().split(":", -1);
    String name =
        switch (parts[1]) {
          case "profile_cpu" -> "cpu";
          case "profile_samples" -> "samples";
          case "goroutine_goroutine" -> "goroutine";
          case String s when s.startsWith("heap_") -> s.substring("heap_".length());
          case String s -> s;
        };
    boolean again = name.equals("cpu") && !source.equals(EBPF);
    return new Named(again ? source + "_cpu" : name, parts[2], type.cumulative());
  }
}
