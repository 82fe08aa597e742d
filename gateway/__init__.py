"""The local gateway: one port in front of the services, as the load balancer is in the cloud."""
