package dev.tethys.alert.manager;

import dev.tethys.alert.manager.config.AlertmanagerConfig;
import dev.tethys.codec.template.TemplateException;
import dev.tethys.config.ConfigException;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.zip.CRC32C;

/**
 * The configuration file of an Alertmanager, read at the start and at each reload. An invalid file
 * leaves the active configuration unchanged.
 */
public final class AlertmanagerFile {
  private static final System.Logger LOG = JulLogger.of(AlertmanagerFile.class.getName());

  private final Path file;
  private final Alertmanager manager;
  private final Registry.Gauge successful;
  private final Registry.Gauge successTime;
  private final Registry.Gauge hash;
  private final Registry.Gauge receivers;
  private final Registry.Gauge integrations;

  public AlertmanagerFile(Path file, Alertmanager manager, Registry registry) {
    this.file = file;
    this.manager = manager;
    successful =
        registry.gauge(
            "alertmanager_config_last_reload_successful",
            "Whether the last configuration reload attempt was successful.");
    successTime =
        registry.gauge(
            "alertmanager_config_last_reload_success_timestamp_seconds",
            "Timestamp of the last successful configuration reload.");
    hash =
        registry.gauge(
            "alertmanager_config_hash", "Hash of the currently loaded alertmanager configuration.");
    receivers = registry.gauge("alertmanager_receivers", "Number of configured receivers.");
    integrations =
        registry.gauge("alertmanager_integrations", "Number of configured integrations.");
  }

  /**
   * Reads the file and applies it to the Alertmanager.
   *
   * @throws ConfigException if it is invalid
   * @throws IOException if it, or a file that it names, cannot be read
   */
  public synchronized void load() throws IOException {
    try {
      AlertmanagerConfig c = AlertmanagerConfig.read(file, manager.options().syntax());
      manager.apply(c);
      receivers.set(c.receivers().size());
      integrations.set(c.receivers().values().stream().mapToInt(r -> r.all().size()).sum());
      CRC32C crc = new CRC32C();
      crc.update(Files.readAllBytes(file));
      hash.set((double) crc.getValue());
      successful.set(1);
      Instant now = manager.clock().instant();
      successTime.set(now.getEpochSecond() + now.getNano() / 1e9);
      LOG.log(Level.INFO, "configuration {0} is loaded", file);
    } catch (TemplateException e) {
      failed(e.reason());
      throw new ConfigException(file.toString(), e.reason());
    } catch (ConfigException | IOException e) {
      failed(IoFailures.describe(e));
      throw e;
    }
  }

  private void failed(String problem) {
    successful.set(0);
    LOG.log(Level.ERROR, "configuration {0} cannot be loaded: {1}", file, problem);
  }
}
