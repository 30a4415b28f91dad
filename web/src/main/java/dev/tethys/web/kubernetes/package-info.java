/** Client of the Kubernetes API: its address and credentials, list and watch. */
@NullMarked
package dev.tethys.web.kubernetes;

import org.jspecify.annotations.NullMarked;
