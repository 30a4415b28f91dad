package dev.tethys.control.api;

import dev.tethys.control.access.ConflictException;
import dev.tethys.control.access.NotFoundException;
import dev.tethys.control.access.Selector;
import dev.tethys.control.access.Tokens;
import dev.tethys.control.audit.AuditLog;
import dev.tethys.control.opamp.OpampEndpoint;
import dev.tethys.control.rollout.Rollouts;
import dev.tethys.control.versions.Packages;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;

/** HTTP API of packages under {@code /api/v1/control/packages}, and their download by agents. */
public final class PackagesApi {
  private static final String ROOT = ControlApi.ROOT + "/packages";
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  /** Maximum number of concurrent downloads; further agents retry. */
  private static final int MAX_DOWNLOADS = 50;

  private static final int MAX_UPLOADS = 2;

  private final Packages packages;
  private final Rollouts rollouts;
  private final AuditLog audit;
  private final Tokens tokens;
  private final Scheduler clock;
  private final Semaphore downloads = new Semaphore(MAX_DOWNLOADS);
  private final Semaphore uploads = new Semaphore(MAX_UPLOADS);

  public PackagesApi(
      Packages packages, Rollouts rollouts, AuditLog audit, Tokens tokens, Scheduler clock) {
    this.packages = packages;
    this.rollouts = rollouts;
    this.audit = audit;
    this.tokens = tokens;
    this.clock = clock;
  }

  public void addTo(Routes routes) {
    routes.get(ROOT, ControlApi.on(tokens, Tokens.Role.VIEWER, (q, u) -> list()));
    routes.post(ROOT, ControlApi.on(tokens, Tokens.Role.ADMIN, this::add));
    routes.delete(
        ROOT + "/{name}/{version}", ControlApi.on(tokens, Tokens.Role.ADMIN, this::remove));
    routes.get(OpampEndpoint.PACKAGES + "{sha256}", this::download);
  }

  private JsonNode list() {
    ArrayNode out = JsonMapper.shared().createArrayNode();
    packages.all().reversed().forEach(p -> out.add(Packages.json(p)));
    return out;
  }

  private static String parameter(HttpRequest q, String name) {
    String v = q.query().first(name);
    return v == null ? "" : v;
  }

  /** Adds a package. The body is the file; with the parameter {@code url} there is none. */
  private JsonNode add(HttpRequest q, String user) throws IOException {
    tokens.requireScope(q, "packages", Selector.ALL);
    String name = parameter(q, "name");
    String version = parameter(q, "version");
    String url = parameter(q, "url");
    String sha256 = parameter(q, "sha256");
    byte[] signature = Base64.getDecoder().decode(parameter(q, "signature"));
    String author = ControlApi.author(parameter(q, "author"), user);
    String reason = ControlApi.requiredReason("parameter \"reason\"", parameter(q, "reason"));
    packages.check(name, version, signature);
    if (!sha256.isEmpty() && !SHA256.matcher(sha256).matches()) {
      throw new IllegalArgumentException("sha256 must have 64 digits of 0-9 and a-f");
    }
    long bytes = 0;
    if (url.isEmpty()) {
      if (!uploads.tryAcquire()) {
        throw new HttpException(429, MAX_UPLOADS + " packages are being uploaded, the limit");
      }
      try (InputStream in = q.body(Packages.maxBytes())) {
        sha256 = packages.store(in, sha256);
        bytes = packages.size(sha256);
      } finally {
        uploads.release();
      }
      if (bytes == 0) {
        throw new IllegalArgumentException("the body must be the file of the package");
      }
    } else if (sha256.isEmpty() || !isUrl(url)) {
      throw new IllegalArgumentException("url must use http or https, and requires sha256");
    }
    packages.check(name, version, signature);
    audit.append(
        author,
        "package.add",
        "package/" + name + "/" + version,
        reason,
        Map.of(),
        Map.of("sha256", sha256, "url", url, "signed", Boolean.toString(signature.length > 0)));
    return Packages.json(
        packages.add(name, version, sha256, signature, url, bytes, clock.millis(), author, reason));
  }

  private static boolean isUrl(String text) {
    try {
      URI u = URI.create(text);
      return u.getHost() != null && ("http".equals(u.getScheme()) || "https".equals(u.getScheme()));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private JsonNode remove(HttpRequest q, String user) throws IOException {
    tokens.requireScope(q, "packages", Selector.ALL);
    JsonNode body = ControlApi.body(q);
    ControlApi.checkKeys(body, "author", "reason");
    String name = q.pathParam("name");
    Packages.AgentPackage p = packages.find(name, q.pathParam("version"));
    if (p == null) {
      throw new NotFoundException("unknown package " + name + " " + q.pathParam("version"));
    }
    if (rollouts.uses(Packages.PREFIX + name, p.number())) {
      throw new ConflictException(
          "package " + name + " " + p.version() + " is rolled out; undo that first");
    }
    audit.append(
        ControlApi.author(body, user),
        "package.remove",
        "package/" + name + "/" + p.version(),
        ControlApi.requiredReason(body),
        Map.of("sha256", p.sha256()),
        Map.of());
    packages.remove(p);
    return Packages.json(p);
  }

  private void download(HttpRequest q, HttpResponse r) throws IOException {
    tokens.require(q, Tokens.Role.AGENT);
    String sha256 = q.pathParam("sha256");
    @Nullable Path file = SHA256.matcher(sha256).matches() ? packages.file(sha256) : null;
    if (file == null) {
      throw new HttpException(404, "no package has this SHA-256");
    }
    if (!downloads.tryAcquire()) {
      throw new HttpException(503, MAX_DOWNLOADS + " packages are being downloaded, the limit");
    }
    try {
      r.uncompressed().header("Content-Type", "application/zip");
      r.header("Content-Length", Long.toString(Files.size(file)));
      try (OutputStream out = r.stream()) {
        Files.copy(file, out);
      }
    } finally {
      downloads.release();
    }
  }
}
