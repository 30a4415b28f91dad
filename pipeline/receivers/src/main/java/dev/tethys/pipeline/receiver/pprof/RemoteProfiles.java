package dev.tethys.pipeline.receiver.pprof;

import dev.tethys.codec.otlp.wire.ProfilesWriter;
import dev.tethys.codec.pprof.PprofReader;
import dev.tethys.pipeline.client.HttpEndpoint;
import java.io.IOException;
import java.net.URI;
import java.util.Map;

/** Profile served by a program at a URL, as by Go's net/http/pprof. */
final class RemoteProfiles implements ProfilePoller.Source {
  private final URI url;
  private final HttpEndpoint endpoint;

  RemoteProfiles(URI url, HttpEndpoint endpoint) {
    this.url = url;
    this.endpoint = endpoint;
  }

  @Override
  public String name() {
    return "profiles of " + url.getScheme() + "://" + url.getRawAuthority() + url.getRawPath();
  }

  @Override
  public void gather(ProfilesWriter to) throws IOException, InterruptedException {
    HttpEndpoint.Reply r = endpoint.call("GET", url, Map.of(), null);
    if (!r.isOk()) {
      throw new IOException(r.reason());
    }
    to.resource(Map.of());
    PprofReader.read(r.body(), ProfileFiles.MAX_BYTES, Map.of(), Map.of(), to);
  }
}
