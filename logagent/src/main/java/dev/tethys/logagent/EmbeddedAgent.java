package dev.tethys.logagent;

import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.runtime.cli.FlagSet;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Log agent inside another role: the jobs of a {@code promtail.yml}. Its {@code server} block has
 * no effect, since the role has its own pages. A file without {@code clients} and without {@code
 * exporters} writes into the store of the process.
 */
public final class EmbeddedAgent implements AutoCloseable {
  private static final String DEFAULT_EXPORTER = "exporters:\n  tethys: {}\n";

  private final Agent agent;

  private EmbeddedAgent(Agent agent) {
    this.agent = agent;
  }

  /**
   * Reads a configuration and starts its jobs.
   *
   * @param own factories of components that only this process has, such as the exporter {@code
   *     tethys}
   * @throws dev.tethys.config.ConfigException if the configuration is invalid
   * @throws IOException if the file cannot be read or a job cannot start
   */
  public static EmbeddedAgent start(Path file, List<ComponentFactory<?>> own) throws IOException {
    FlagSet flags = LogsRole.flags();
    flags.parse(List.of("--config.file=" + file));
    Agent.Loader loader = () -> LogsRole.config(flags, destination(file), own);
    Agent agent = new Agent(loader.load(), MODE, loader, own);
    try {
      agent.begin();
    } catch (IOException | RuntimeException e) {
      agent.end();
      agent.close();
      throw e;
    }
    return new EmbeddedAgent(agent);
  }

  private static final Agent.Mode MODE = new Agent.Mode(false, false, false, true, false);

  private static String destination(Path file) throws IOException {
    Map<String, YamlNode.Entry> keys = YamlDocument.read(file).root().entries();
    return isWritten(keys.get("clients")) || isWritten(keys.get("exporters"))
        ? ""
        : DEFAULT_EXPORTER;
  }

  private static boolean isWritten(YamlNode.@Nullable Entry e) {
    return e != null && !e.value().isNull();
  }

  /** Metrics of the jobs, named as Promtail's. */
  public Registry metrics() {
    return agent.metrics();
  }

  /**
   * Reads the configuration again.
   *
   * @return the problem of the configuration, null if it is active
   */
  public @Nullable String reload() {
    return agent.reload();
  }

  @Override
  public void close() {
    agent.end();
    agent.close();
  }
}
