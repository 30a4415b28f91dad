package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.alert.manager.receiver.ReceiverKind;
import dev.tethys.collect.discovery.MechanismProvider;
import dev.tethys.collect.exporter.ExporterKind;
import dev.tethys.config.Contributions;
import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.ComponentKind;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.component.Contribution;
import dev.tethys.runtime.Role;
import dev.tethys.store.remote.StoreType;
import dev.tethys.web.client.HttpClientFactory;
import java.util.List;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The names that the core refuses are those of the contributions. */
class ContributionsTest {
  private static <S> Set<String> provided(Class<S> service, Function<S, Stream<String>> names) {
    Set<String> out = new TreeSet<>();
    for (S s : ServiceLoader.load(service)) {
      names.apply(s).forEach(out::add);
    }
    return out;
  }

  @Tag("contrib")
  @Test
  void listsTheNamesOfComponents() {
    try (HttpClientFactory clients = new HttpClientFactory("test")) {
      for (ComponentKind kind : ComponentKind.values()) {
        assertThat(
                provided(
                    Contribution.class,
                    c ->
                        c.components(clients).stream()
                            .filter(f -> ComponentKind.of(f) == kind)
                            .flatMap(ContributionsTest::names)))
            .isEqualTo(Contributions.names(kind.word()));
      }
    }
  }

  private static Stream<String> names(ComponentFactory<?> f) {
    return Stream.concat(Stream.of(f.type()), f.aliases().stream());
  }

  @Tag("contrib")
  @Test
  void listsTheNamesOfStoresMechanismsExportersAndCommands() {
    assertThat(provided(StoreType.class, t -> Stream.of(t.name())))
        .isEqualTo(Contributions.names(Contributions.STORE));
    assertThat(provided(MechanismProvider.class, p -> p.mechanisms().stream().map(m -> m.name())))
        .isEqualTo(Contributions.names(Contributions.DISCOVERY));
    assertThat(provided(ExporterKind.class, k -> Stream.of(k.name())))
        .isEqualTo(Contributions.names(Contributions.METRICS_EXPORTER));
    assertThat(provided(ReceiverKind.class, k -> Stream.of(k.name())))
        .isEqualTo(Contributions.names(Contributions.NOTIFIER));
    assertThat(provided(Role.class, r -> Stream.of(r.command())))
        .isEqualTo(Contributions.names(Contributions.COMMAND));
  }

  @Test
  void namesMissingContributionModule() {
    assertThat(new Components(List.of()).unknown(ComponentKind.RECEIVER, "datadog"))
        .isEqualTo(
            "receiver \"datadog\" belongs to contrib/datadog; this build is the core. Build Tethys"
                + " without --core to use it.");
  }
}
