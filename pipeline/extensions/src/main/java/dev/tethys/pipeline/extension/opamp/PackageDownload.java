package dev.tethys.pipeline.extension.opamp;

import dev.tethys.codec.opamp.PackagesOffer.Offered;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.TlsConfig;
import dev.tethys.pipeline.opamp.AgentContract;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Downloads packages over HTTP with a limit of bytes and a deadline. The token of the agent goes to
 * its control plane only.
 */
public final class PackageDownload implements PackageUpgrades.Download {
  private static final int ATTEMPTS = 3;

  private final URI control;
  private final String token;
  private final WebClient client;

  /**
   * @param control address of the control plane, with {@code ws} or {@code wss}
   */
  public PackageDownload(URI control, String token, TlsConfig tls, HttpClientFactory clients)
      throws IOException {
    this.control = control;
    this.token = token;
    HttpClientConfig d = HttpClientConfig.DEFAULT;
    this.client =
        clients.client(
            new HttpClientConfig(null, null, null, tls, true, false, d.proxy(), Map.of(), null));
  }

  @Override
  public void to(Path file, Offered what, Consumer<Double> progress, BooleanSupplier goesOn)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + PackageUpgrades.DOWNLOAD.toNanos();
    for (int attempt = 1; ; attempt++) {
      try {
        once(file, what, progress, goesOn, end);
        return;
      } catch (IOException e) {
        if (attempt == ATTEMPTS || !goesOn.getAsBoolean() || System.nanoTime() - end > 0) {
          throw new IOException("download of " + what.url() + ": " + e.getMessage(), e);
        }
        Thread.sleep(1000L * attempt);
      }
    }
  }

  private URI address(String url) throws IOException {
    try {
      URI u = URI.create(url);
      if (control.getRawAuthority().equals(u.getRawAuthority())) {
        // The control plane may be behind a proxy that terminates TLS, so the agent's own scheme is
        // used.
        String scheme = control.getScheme().equals("wss") ? "https" : "http";
        return URI.create(scheme + "://" + u.getRawAuthority() + u.getRawPath());
      }
      if (u.getHost() != null && ("https".equals(u.getScheme()) || "http".equals(u.getScheme()))) {
        return u;
      }
    } catch (IllegalArgumentException e) {
      // reported below
    }
    throw new IOException("the URL must have the scheme http or https");
  }

  private void once(
      Path file, Offered what, Consumer<Double> progress, BooleanSupplier goesOn, long end)
      throws IOException, InterruptedException {
    URI u = address(what.url());
    ClientRequest q = ClientRequest.get(u).withTimeout(PackageUpgrades.DOWNLOAD);
    for (Map.Entry<String, String> h : what.headers().entrySet()) {
      q = q.withHeader(h.getKey(), h.getValue());
    }
    if (!token.isEmpty() && control.getRawAuthority().equals(u.getRawAuthority())) {
      q = q.withHeader("Authorization", "Bearer " + token);
    }
    try (ClientResponse r = client.send(q)) {
      if (r.status() != 200) {
        throw new IOException("the server answered " + r.status() + " " + r.errorLine(200));
      }
      long length = length(r.header("Content-Length", ""));
      byte[] buffer = new byte[1 << 16];
      long total = 0;
      int shown = 0;
      try (InputStream in = r.body();
          OutputStream out = Files.newOutputStream(file)) {
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
          total += n;
          if (total > AgentContract.MAX_PACKAGE_BYTES) {
            throw new IOException("it has more than " + AgentContract.MAX_PACKAGE_BYTES + " bytes");
          }
          if (System.nanoTime() - end > 0) {
            throw new IOException(
                "it took longer than " + PackageUpgrades.DOWNLOAD.toSeconds() + " s");
          }
          if (!goesOn.getAsBoolean()) {
            throw new IOException("another package was offered");
          }
          out.write(buffer, 0, n);
          int percent = length > 0 ? (int) (100 * total / length) : 0;
          if (percent / 10 > shown) {
            shown = percent / 10;
            progress.accept((double) percent);
          }
        }
      }
    }
  }

  private static long length(String header) {
    try {
      return header.isEmpty() ? -1 : Long.parseLong(header);
    } catch (NumberFormatException e) {
      return -1;
    }
  }
}
