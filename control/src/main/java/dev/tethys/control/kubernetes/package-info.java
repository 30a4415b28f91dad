/** Resources of a Kubernetes cluster as a source, their conditions and definitions. */
@NullMarked
package dev.tethys.control.kubernetes;

import org.jspecify.annotations.NullMarked;
