package dev.tethys.pipeline.exporter.clymene;

import dev.tethys.config.Redaction;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.web.client.GrpcReply;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Connectivity check of gateways. Their protocol has no request for it, so an empty request is
 * sent.
 */
final class ClymeneProbe {
  private ClymeneProbe() {}

  /** Requests the URL to which data is posted; a 404 counts as a response too. */
  static String overHttp(URI url, HttpEndpoint endpoint) throws IOException, InterruptedException {
    HttpEndpoint.Reply r = endpoint.call("GET", url, Map.of(), null);
    boolean refused = r.status() == 401 || r.status() == 403 || r.status() == 407;
    if (refused || r.status() / 100 == 5) {
      throw new IOException(Redaction.url(url) + ": " + r.reason());
    }
    return Redaction.url(url) + " answers";
  }

  /** Checks all gateways. Those that do not respond are named; it fails only if none responds. */
  static String overGrpc(ClymeneGrpcSender sender) throws IOException, InterruptedException {
    List<String> answer = new ArrayList<>();
    List<String> silent = new ArrayList<>();
    for (int i = 0; i < sender.gateways(); i++) {
      try {
        GrpcReply r = sender.checkHealth(i);
        switch (r.status()) {
          // UNIMPLEMENTED proves a gRPC server, though one without this service
          case GrpcReply.OK, GrpcReply.UNIMPLEMENTED -> answer.add(sender.gateway(i));
          default ->
              silent.add(
                  sender.gateway(i)
                      + ": "
                      + r.statusName()
                      + (r.message().isEmpty() ? "" : ": " + r.message()));
        }
      } catch (IOException e) {
        silent.add(sender.gateway(i) + ": " + e.getMessage());
      }
    }
    if (answer.isEmpty()) {
      throw new IOException(String.join("; ", silent));
    }
    return String.join(", ", answer)
        + (answer.size() == 1 ? " speaks gRPC" : " speak gRPC")
        + (silent.isEmpty() ? "" : "; does not answer: " + String.join("; ", silent));
  }
}
