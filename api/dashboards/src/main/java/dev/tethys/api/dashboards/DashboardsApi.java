package dev.tethys.api.dashboards;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.access.Scope;
import dev.tethys.model.file.FileAccess;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpHandler;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.RequestScope;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Dashboards below {@code /api/v1/dashboards}, in the envelope of Prometheus's API. Bodies of
 * requests are Grafana's JSON model, and it is returned as it was sent. Dashboards belong to the
 * default tenant, so that other tenants get 404. A dashboard of the folder of files hides a stored
 * one with its uid and cannot be changed.
 */
public final class DashboardsApi {
  private static final String PREFIX = "/api/v1/dashboards";
  private static final String ONE = PREFIX + "/{uid}";

  /** Memory for a dashboard while it is read and checked, by byte of its text. */
  private static final int MEMORY = 8;

  private static final long ENTRY_BYTES = 500;

  private final DashboardStore store;
  private final @Nullable DashboardFiles files;
  private final DashboardStore.Limits limits = DashboardStore.Limits.DEFAULT;
  private final SecureRandom random = new SecureRandom();

  /**
   * @param folder of stored dashboards
   * @param provisioned folder of files, or null
   */
  public DashboardsApi(
      Path folder, FileAccess access, @Nullable Path provisioned, LongSupplier millis) {
    this.store = new DashboardStore(folder, access, limits, millis);
    this.files = provisioned == null ? null : new DashboardFiles(provisioned, limits, millis);
  }

  /** Adds the endpoints; must be called before the endpoints of Prometheus's API are added. */
  public void addTo(Routes routes) {
    routes.get(PREFIX, answer(this::list));
    routes.post(PREFIX, answer(this::create));
    routes.get(ONE, answer(this::get));
    routes.put(ONE, answer(this::replace));
    routes.delete(ONE, answer(this::delete));
    routes.get(ONE + "/export", this::export);
  }

  /** Writes the field {@code data}. */
  private interface Endpoint {
    void write(HttpRequest request, TextBuffer out) throws IOException;
  }

  private static HttpHandler answer(Endpoint endpoint) {
    return (request, response) -> {
      TextBuffer out = new TextBuffer();
      int status = 200;
      try {
        checkTenant(request);
        out.put("{\"status\":\"success\",\"data\":");
        endpoint.write(request, out);
        out.put('}');
      } catch (HttpException e) {
        status = e.status();
        out = new TextBuffer();
        out.put("{\"status\":\"error\",\"errorType\":").json(kind(status));
        out.put(",\"error\":").json(String.valueOf(e.getMessage())).put('}');
      }
      response.errorStatus(status).send("application/json", out.take());
    };
  }

  private static String kind(int status) {
    return switch (status) {
      case 400, 413 -> "bad_data";
      case 403 -> "forbidden";
      case 404 -> "not_found";
      case 409 -> "conflict";
      case 503 -> "unavailable";
      default -> "internal";
    };
  }

  private static void checkTenant(HttpRequest request) {
    Scope scope = RequestScope.of(request);
    if (!scope.isDefaultTenant()) {
      throw new HttpException(
          404, "tenant " + scope.tenant() + " has no dashboards; only the default tenant has them");
    }
  }

  private void list(HttpRequest request, TextBuffer out) {
    List<DashboardEntry> all = new ArrayList<>();
    List<String> problems = new ArrayList<>(store.problems());
    DashboardFiles f = files;
    if (f != null) {
      all.addAll(f.list());
      problems.addAll(f.problems());
    }
    for (DashboardEntry e : store.list()) {
      DashboardEntry hiding = f == null ? null : f.entry(e.uid());
      if (hiding == null) {
        all.add(e);
      } else {
        problems.add("stored dashboard " + e.uid() + " is hidden by the file " + hiding.file());
      }
    }
    String search = request.query().first("search", "");
    List<String> tags = request.query().all("tag");
    List<String> folders = request.query().all("folder");
    all.removeIf(
        e ->
            !e.matches(search)
                || !e.tags().containsAll(tags)
                || !folders.isEmpty() && !folders.contains(e.folder()));
    all.sort(
        Comparator.comparing(DashboardEntry::folder)
            .thenComparing(DashboardEntry::title, String.CASE_INSENSITIVE_ORDER)
            .thenComparing(DashboardEntry::uid));
    request.reserve(all.size() * ENTRY_BYTES);
    out.put("{\"dashboards\":[");
    String separator = "";
    for (DashboardEntry e : all) {
      entry(e, out.put(separator).put('{'));
      out.put('}');
      separator = ",";
    }
    texts(problems, out.put("],\"problems\":"));
    out.put('}');
  }

  private static void entry(DashboardEntry e, TextBuffer out) {
    out.put("\"uid\":").json(e.uid()).put(",\"title\":").json(e.title());
    out.put(",\"folder\":").json(e.folder());
    texts(e.tags(), out.put(",\"tags\":"));
    out.put(",\"version\":").number(e.version()).put(",\"updated\":").number(e.updated());
    out.put(",\"readOnly\":").put(Boolean.toString(e.isReadOnly()));
    out.put(",\"file\":").json(e.file());
  }

  private static void texts(List<String> all, TextBuffer out) {
    out.put('[');
    for (int i = 0; i < all.size(); i++) {
      (i > 0 ? out.put(',') : out).json(all.get(i));
    }
    out.put(']');
  }

  private DashboardStore.Stored find(HttpRequest request) {
    String uid = request.pathParam("uid");
    DashboardText.checkUid(uid);
    DashboardStore.Stored found = files == null ? null : files.get(uid);
    if (found == null) {
      found = store.get(uid);
    }
    request.reserve(found.text().length() * 2L);
    return found;
  }

  private void get(HttpRequest request, TextBuffer out) {
    DashboardStore.Stored d = find(request);
    entry(d.entry(), out.put('{'));
    out.put(",\"dashboard\":").put(d.text()).put('}');
  }

  private void export(HttpRequest request, HttpResponse response) throws IOException {
    checkTenant(request);
    DashboardStore.Stored d = find(request);
    TextBuffer out = new TextBuffer();
    response
        .header("Content-Disposition", "attachment; filename=\"" + d.entry().uid() + ".json\"")
        .send("application/json", out.put(d.text()).put('\n').take());
  }

  private DashboardText body(HttpRequest request) throws IOException {
    byte[] bytes = request.bodyBytes(limits.bytes());
    request.reserve((long) bytes.length * MEMORY);
    return DashboardText.read(bytes);
  }

  private void create(HttpRequest request, TextBuffer out) throws IOException {
    DashboardText text = body(request);
    String uid = text.uid().isEmpty() ? newUid() : text.uid();
    checkWritable(uid);
    String overwrite = request.query().first("overwrite", "false");
    if (!overwrite.equals("true") && !overwrite.equals("false")) {
      throw new HttpException(400, "overwrite is \"" + overwrite + "\"; it is true or false");
    }
    String folder = request.query().first("folder", "");
    entry(store.put(uid, text, folder, overwrite.equals("true") ? -1 : 0), out.put('{'));
    out.put('}');
  }

  private void replace(HttpRequest request, TextBuffer out) throws IOException {
    String uid = request.pathParam("uid");
    DashboardText.checkUid(uid);
    checkWritable(uid);
    long version = version(request, "the version that the change was made from, 0 for a new one");
    DashboardText text = body(request);
    if (!text.uid().isEmpty() && !text.uid().equals(uid)) {
      throw new HttpException(
          400,
          "the dashboard has the uid " + text.uid() + ", the path " + uid + "; make them equal");
    }
    String folder = request.query().first("folder", "");
    entry(store.put(uid, text, folder, version), out.put('{'));
    out.put('}');
  }

  private void delete(HttpRequest request, TextBuffer out) {
    String uid = request.pathParam("uid");
    DashboardText.checkUid(uid);
    checkWritable(uid);
    store.delete(uid, version(request, "the version to delete"));
    out.put("null");
  }

  private static long version(HttpRequest request, String meaning) {
    String text = request.query().first("version", "");
    try {
      long v = Long.parseLong(text);
      if (v >= 0) {
        return v;
      }
    } catch (NumberFormatException e) {
      // Refused below.
    }
    throw new HttpException(400, "version is \"" + text + "\"; it is a number, " + meaning);
  }

  private void checkWritable(String uid) {
    DashboardEntry file = files == null ? null : files.entry(uid);
    if (file != null) {
      throw new HttpException(
          403,
          "dashboard "
              + uid
              + " is the file "
              + file.file()
              + " of --dashboards.folder and read only; change the file, or save a copy with"
              + " another uid");
    }
  }

  private String newUid() {
    byte[] b = new byte[7];
    random.nextBytes(b);
    return HexFormat.of().formatHex(b);
  }
}
