/** Metrics of jmx_exporter's standalone server: MBeans of other JVMs, read over remote JMX. */
@NullMarked
package dev.tethys.collect.exporter.jmx;

import org.jspecify.annotations.NullMarked;
