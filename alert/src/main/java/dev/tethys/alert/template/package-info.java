/** Template functions of Prometheus in addition to those of Go. */
@NullMarked
package dev.tethys.alert.template;

import org.jspecify.annotations.NullMarked;
