/** Go's template language with the functions that Prometheus's users know. */
@NullMarked
package dev.tethys.alert.template;

import org.jspecify.annotations.NullMarked;
