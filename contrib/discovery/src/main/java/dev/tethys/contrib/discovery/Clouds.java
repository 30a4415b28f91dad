package dev.tethys.contrib.discovery;

import dev.tethys.collect.discovery.Mechanism;
import dev.tethys.collect.discovery.MechanismProvider;
import dev.tethys.collect.discovery.aws.Aws;
import dev.tethys.collect.discovery.azure.Azure;
import dev.tethys.collect.discovery.digitalocean.DigitalOcean;
import dev.tethys.collect.discovery.eureka.Eureka;
import dev.tethys.collect.discovery.gce.Gce;
import dev.tethys.collect.discovery.hetzner.Hetzner;
import dev.tethys.collect.discovery.ionos.Ionos;
import dev.tethys.collect.discovery.kuma.Kuma;
import dev.tethys.collect.discovery.linode.Linode;
import dev.tethys.collect.discovery.marathon.Marathon;
import dev.tethys.collect.discovery.nomad.Nomad;
import dev.tethys.collect.discovery.oci.Oci;
import dev.tethys.collect.discovery.openstack.OpenStack;
import dev.tethys.collect.discovery.outscale.Outscale;
import dev.tethys.collect.discovery.ovhcloud.OvhCloud;
import dev.tethys.collect.discovery.puppetdb.PuppetDb;
import dev.tethys.collect.discovery.scaleway.Scaleway;
import dev.tethys.collect.discovery.stackit.Stackit;
import dev.tethys.collect.discovery.triton.Triton;
import dev.tethys.collect.discovery.uyuni.Uyuni;
import dev.tethys.collect.discovery.vultr.Vultr;
import dev.tethys.collect.discovery.zookeeper.ZooKeeperDiscovery;
import java.util.List;

/** Discovery by clouds, schedulers and registries. */
public final class Clouds implements MechanismProvider {
  @Override
  public List<Mechanism> mechanisms() {
    return List.of(
        Aws.AWS,
        Azure.MECHANISM,
        DigitalOcean.MECHANISM,
        Aws.EC2,
        Aws.ECS,
        Aws.ELASTICACHE,
        Eureka.MECHANISM,
        Gce.MECHANISM,
        Hetzner.MECHANISM,
        Ionos.MECHANISM,
        Kuma.MECHANISM,
        Aws.LIGHTSAIL,
        Linode.MECHANISM,
        Marathon.MECHANISM,
        Aws.MSK,
        ZooKeeperDiscovery.NERVE,
        Nomad.MECHANISM,
        Oci.MECHANISM,
        OpenStack.MECHANISM,
        Outscale.MECHANISM,
        OvhCloud.MECHANISM,
        PuppetDb.MECHANISM,
        Aws.RDS,
        Scaleway.MECHANISM,
        ZooKeeperDiscovery.SERVERSET,
        Stackit.MECHANISM,
        Triton.MECHANISM,
        Uyuni.MECHANISM,
        Vultr.MECHANISM);
  }
}
