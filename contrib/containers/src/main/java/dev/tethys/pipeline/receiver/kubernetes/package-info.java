/** Parts shared by receivers that read a Kubernetes cluster: client, objects, quantities. */
@NullMarked
package dev.tethys.pipeline.receiver.kubernetes;

import org.jspecify.annotations.NullMarked;
