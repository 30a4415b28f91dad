/** What jmx_exporter's standalone server does: beans of other JVMs, asked over remote JMX. */
@NullMarked
package dev.tethys.collect.exporter.jmx;

import org.jspecify.annotations.NullMarked;
