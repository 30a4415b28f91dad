package dev.tethys.insight.deployments;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.insight.deployments.RecordedPast.Instance;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DeploymentFinderTest {
  private static final long MAX = Long.MAX_VALUE;
  private final RecordedPast past = new RecordedPast();

  private List<ServiceDeployment> find() {
    return past.find();
  }

  private ServiceDeployment only() {
    List<ServiceDeployment> all = find();
    assertThat(all).hasSize(1);
    return all.getFirst();
  }

  @Test
  void findsARollingUpdateWithItsEnd() {
    past.add(new Instance("cart", "a-1").version("1.0"), 0, 70);
    past.add(new Instance("cart", "a-2").version("1.0"), 0, 72);
    past.add(new Instance("cart", "b-1").version("1.1"), 60, MAX);
    past.add(new Instance("cart", "b-2").version("1.1"), 63, MAX);
    ServiceDeployment d = only();
    assertThat(d.service()).isEqualTo("service:cart");
    assertThat(d.start()).isEqualTo(RecordedPast.at(60));
    assertThat(d.end())
        .as("5 minutes before the model ended the last")
        .isEqualTo(RecordedPast.at(67));
    assertThat(d.status()).isEqualTo(DeploymentStatus.COMPLETE);
    assertThat(d.changes())
        .containsExactly(new VersionChange(VersionKind.VERSION, "", List.of("1.0"), "1.1"));
    assertThat(d.instancesBefore()).isEqualTo(2);
    assertThat(d.instancesAfter()).isEqualTo(2);
  }

  @Test
  void ignoresFirstVersionsAndRestarts() {
    past.add(new Instance("cart", "a-1").version("1.0").image("shop/cart:1.0"), 0, 50);
    past.add(new Instance("cart", "a-2").version("1.0").image("shop/cart:1.0"), 52, 60);
    past.add(new Instance("cart", "a-3").version("1.0").image("shop/cart:1.0"), 600, MAX);
    past.add(new Instance("web", "w-1").version("7"), 1, MAX);
    past.add(new Instance("web", "w-2").version("8"), 2, MAX);
    assertThat(find()).isEmpty();
  }

  @Test
  void joinsVersionImageAndRevision() {
    past.add(new Instance("cart", "a").version("1.0").image("r.io/cart:v1").revision("aaa"), 0, 65);
    past.add(
        new Instance("cart", "b").version("1.1").image("r.io/cart:v2").revision("bbb"), 60, MAX);
    assertThat(only().changes())
        .extracting(c -> c.kind() + " " + c.subject() + " " + c.before() + " " + c.after())
        .containsExactly("VERSION  [1.0] 1.1", "IMAGE r.io/cart [v1] v2", "REVISION  [aaa] bbb");
  }

  @Test
  void findsANewRevisionOfTheSameImage() {
    past.add(new Instance("cart", "a").image("cart:1").revision("aaa"), 0, 65);
    past.add(new Instance("cart", "b").image("cart:1").revision("bbb"), 60, MAX);
    assertThat(only().changes())
        .containsExactly(new VersionChange(VersionKind.REVISION, "", List.of("aaa"), "bbb"));
  }

  @Test
  void followsRollbacks() {
    past.add(new Instance("cart", "a").version("1"), 0, 65);
    past.add(new Instance("cart", "b").version("2"), 60, 100);
    past.add(new Instance("cart", "c").version("1"), 95, MAX);
    assertThat(find())
        .extracting(d -> d.changes().getFirst().after() + " " + d.status().text())
        .containsExactly("1 complete", "2 complete");
  }

  @Test
  void namesOpenAndCancelledRollouts() {
    past.add(new Instance("cart", "a").version("1"), 0, MAX);
    past.add(new Instance("cart", "b").version("2"), 60, 70);
    past.add(new Instance("web", "a").version("1"), 0, MAX);
    past.add(new Instance("web", "b").version("2"), 80, MAX);
    assertThat(find())
        .extracting(d -> d.name() + " " + d.status().text() + " " + d.isOpen())
        .containsExactly("web in progress true", "cart cancelled false");
  }

  @Test
  void namesASupersededRollout() {
    past.add(new Instance("cart", "a").version("1"), 0, MAX);
    past.add(new Instance("cart", "b").version("2"), 60, MAX);
    past.add(new Instance("cart", "c").version("3"), 80, MAX);
    assertThat(find())
        .extracting(d -> d.changes().getFirst() + " " + d.status().text())
        .containsExactly(
            "VersionChange[kind=VERSION, subject=, before=[1, 2], after=3] in progress",
            "VersionChange[kind=VERSION, subject=, before=[1], after=2] superseded");
    assertThat(find().getLast().end()).isEqualTo(RecordedPast.at(80));
  }

  @Test
  void findsAVersionAfterAPauseOfTheService() {
    past.add(new Instance("cart", "a").version("1"), 0, 30);
    past.add(new Instance("cart", "b").version("2"), 300, MAX);
    ServiceDeployment d = only();
    assertThat(d.start()).isEqualTo(RecordedPast.at(300));
    assertThat(d.end()).isEqualTo(RecordedPast.at(300));
    assertThat(d.status()).isEqualTo(DeploymentStatus.COMPLETE);
  }

  @Test
  void spansTheMinutesInWhichAnInstanceChangedItsImage() {
    past.add(new Instance("cart", "a").image("cart:1"), 0, 60);
    past.add(new Instance("cart", "a").image("cart:2"), 60, MAX);
    ServiceDeployment d = only();
    assertThat(d.start()).isEqualTo(RecordedPast.at(55));
    assertThat(d.end()).isEqualTo(RecordedPast.at(60));
  }

  @Test
  void doesNotDependOnTheOrderOfSpans() {
    for (int i = 0; i < 40; i++) {
      past.add(
          new Instance("s" + i % 4, "i" + i).version("v" + i / 8).image("x:" + i / 6),
          i * 7L,
          i * 7L + 50);
    }
    List<ServiceDeployment> all = find();
    assertThat(all).hasSizeGreaterThan(5);
    for (int seed = 0; seed < 5; seed++) {
      assertThat(past.shuffled(new Random(seed)).find()).as("seed %s", seed).isEqualTo(all);
    }
  }

  @Test
  void boundsTheResult() {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < DeploymentFinder.MAX_DEPLOYMENTS + 500; i++) {
      order.add(i);
    }
    Collections.shuffle(order, new Random(3));
    for (int i : order) {
      past.add(new Instance("s" + i % 100, "i" + i).version("v" + i), i * 10L, i * 10L + 1200);
    }
    List<ServiceDeployment> all = find();
    assertThat(all).hasSize(DeploymentFinder.MAX_DEPLOYMENTS);
    assertThat(all.getFirst().start()).isGreaterThan(all.getLast().start());
  }

  @Test
  void splitsNamesOfImages() {
    assertThat(ImageName.of("docker.io/library/redis:7.2@sha256:0123456789abcdef"))
        .isEqualTo(new ImageName("redis", "7.2"));
    assertThat(ImageName.of("host:5000/shop/cart"))
        .isEqualTo(new ImageName("host:5000/shop/cart", "latest"));
    assertThat(ImageName.of("docker-pullable://shop/cart@sha256:0123456789abcdef0"))
        .isEqualTo(new ImageName("shop/cart", "0123456789ab"));
    for (String odd : List.of("", "sha256:0123", "<none>:<none>", ":", "@", "@sha256:")) {
      assertThat(ImageName.of(odd)).as(odd).isNull();
    }
  }
}
