variable "audiences" {
  description = "What the audience of callers' tokens may be, besides the service's own URL."
  type        = list(string)
}

variable "config_file" {
  description = "A file of its own for the container: the directory to mount it in, its name, and the secret it is in."
  type = object({
    directory = string
    name      = string
    secret    = string
  })
}

variable "environment" {
  description = "Environment variables; an empty one counts as not set."
  type        = map(string)
}

variable "image" {
  description = "What it runs until Cloud Build deploys an image of ours, with the command for it."
  type        = string
}

variable "ingress" {
  description = "Where requests may come from."
  type        = string
}

variable "invokers" {
  description = "IAM members that may call it, by any name."
  type        = map(string)
}

variable "name" {
  description = "Name of the service; Cloud Run has it with hyphens."
  type        = string
}

variable "network" {
  description = "Network and subnetwork that private addresses are reached through; none where null."
  type = object({
    network    = string
    subnetwork = string
  })
  default = null
}

variable "region" {
  description = "Where it runs."
  type        = string
}

variable "service_account" {
  description = "Email of whom it runs as."
  type        = string
}

variable "session_affinity" {
  description = "Whether a client is led to the same instance again."
  type        = bool
  default     = false
}

variable "size" {
  description = "CPUs, memory, requests that an instance takes at a time, fewest and most instances."
  type = object({
    cpu           = string
    memory        = string
    concurrency   = number
    min_instances = number
    max_instances = number
  })
}

variable "timeout_seconds" {
  description = "How long a request may take; a stream is a request."
  type        = number
}
