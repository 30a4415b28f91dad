package dev.tethys.app.server;

import static dev.tethys.runtime.cli.Flag.Kind.STRING;
import static dev.tethys.runtime.cli.Flag.of;

import dev.tethys.api.dashboards.DashboardsApi;
import dev.tethys.model.file.RealFiles;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.web.Routes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Dashboards of the server: those of its data folder and those of a folder of files. */
final class EmbeddedDashboards {
  private static final String FOLDER = "dashboards.folder";

  static final List<Flag> FLAGS =
      List.of(
          of(
              FOLDER,
              STRING,
              "",
              "Folder with dashboards as JSON files of Grafana, which are shown read-only and read"
                  + " again when they change. (Tethys)"));

  private EmbeddedDashboards() {}

  /**
   * Adds the endpoints.
   *
   * @param data folder of all data
   */
  static void addTo(Routes routes, FlagSet flags, Path data) {
    String text = flags.get(FOLDER);
    Path provisioned = text.isEmpty() ? null : Path.of(text);
    if (provisioned != null && !Files.isDirectory(provisioned)) {
      throw new UsageException(
          "tethys server: --" + FOLDER + " is " + text + ", which is not a folder; create it");
    }
    new DashboardsApi(
            data.resolve("dashboards"), new RealFiles(), provisioned, System::currentTimeMillis)
        .addTo(routes);
  }
}
