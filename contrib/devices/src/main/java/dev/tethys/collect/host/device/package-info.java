/** Collectors of node_exporter for devices, file systems and services that few machines have. */
@NullMarked
package dev.tethys.collect.host.device;

import org.jspecify.annotations.NullMarked;
