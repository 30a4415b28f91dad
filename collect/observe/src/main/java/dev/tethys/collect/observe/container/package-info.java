/** Containers, units and cgroups that processes belong to, with their resources. */
@NullMarked
package dev.tethys.collect.observe.container;

import org.jspecify.annotations.NullMarked;
