/** The functions that templates of Prometheus have beside those of Go. */
@NullMarked
package dev.tethys.alert.template;

import org.jspecify.annotations.NullMarked;
