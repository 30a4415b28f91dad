package dev.tethys.pipeline.exporter.file;

import dev.tethys.codec.CodecException;
import dev.tethys.model.telemetry.Item;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.ProfilesData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.ledger.Drops;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Writes the resources of each batch to the files of their groups, a record for each. Resources
 * without a group are dropped and counted. A batch is acknowledged once all files have their part;
 * after a failure it is written again as a whole.
 */
final class GroupedFileExporter implements Exporter {
  /** Reason of dropped resources that lack the attribute, or whose value is not a string. */
  static final String NO_GROUP = "no_group_attribute";

  /** Reason of drops: the value of the attribute cannot be the name of a file. */
  static final String UNUSABLE_NAME = "unusable_file_name";

  private static final Duration RETRY = Duration.ofSeconds(5);

  private final String attribute;
  private final GroupedFiles files;
  private final Function<Batch, byte[]> encoder;
  private final ItemAccounting account;
  private final System.Logger log;

  /**
   * @param encoder record of a batch as a file has it
   */
  GroupedFileExporter(
      FileSettings.Groups groups,
      GroupedFiles files,
      Function<Batch, byte[]> encoder,
      ItemAccounting account,
      System.Logger log) {
    this.attribute = groups.attribute();
    this.files = files;
    this.encoder = encoder;
    this.account = account;
    this.log = log;
  }

  @Override
  public void start() {
    files.open();
  }

  @Override
  public void stop(Duration timeLimit) {
    files.close();
  }

  @Override
  public void consume(Batch batch, AckCallback ack) {
    account.take(batch.items());
    Map<String, Integer> drops = new LinkedHashMap<>();
    try {
      Telemetry<?> tree = batch.takeTree();
      int items = tree.itemCount();
      Map<String, Batch> groups = groups(batch, tree);
      batch.keepTree(tree);
      int grouped = groups.values().stream().mapToInt(Batch::items).sum();
      if (grouped < items) {
        drops.put(NO_GROUP, items - grouped);
      }
      Map<String, byte[]> records = new LinkedHashMap<>();
      groups.forEach((value, group) -> records.put(value, encoder.apply(group)));
      for (Map.Entry<String, byte[]> r : records.entrySet()) {
        try {
          files.write(r.getKey(), r.getValue());
        } catch (GroupedFiles.UnusableNameException e) {
          log.log(Level.DEBUG, "Resources dropped: {0}", e.getMessage());
          Batch group = groups.get(r.getKey());
          drops.merge(UNUSABLE_NAME, group == null ? 0 : group.items(), Integer::sum);
        }
      }
    } catch (CodecException e) {
      account.drop(Drops.NOT_ENCODABLE, batch.items());
      ack.complete(new Outcome.Rejected(String.valueOf(e.getMessage()), batch.items()));
      return;
    } catch (IOException e) {
      log.log(Level.WARNING, "{0}: {1}", files.settings().path(), e.toString());
      account.returnItems(batch.items());
      ack.complete(new Outcome.Unavailable("file: " + e.getMessage(), RETRY));
      return;
    }
    drops.forEach(account::drop);
    account.pass(batch.items() - drops.values().stream().mapToInt(Integer::intValue).sum());
    ack.complete(Outcome.ACCEPTED);
  }

  private Map<String, Batch> groups(Batch batch, Telemetry<?> tree) {
    return switch (tree) {
      case LogsData d -> groups(batch, d, LogsData::new);
      case TracesData d -> groups(batch, d, TracesData::new);
      case MetricsData d -> groups(batch, d, MetricsData::new);
      case ProfilesData d -> groups(batch, d, ProfilesData::new);
    };
  }

  private <T extends Item<T>> Map<String, Batch> groups(
      Batch batch, Telemetry<T> tree, Supplier<? extends Telemetry<T>> empty) {
    Map<String, Telemetry<T>> by = new LinkedHashMap<>();
    for (ResourceGroup<T> r : tree.resources()) {
      if (r.resource().attributes().get(attribute) instanceof String value) {
        by.computeIfAbsent(value, _ -> empty.get()).resources().add(r);
      }
    }
    Map<String, Batch> out = new LinkedHashMap<>();
    by.forEach((v, t) -> out.put(v, Batch.of(batch.signal(), t, 0, batch.metadata())));
    return out;
  }
}
