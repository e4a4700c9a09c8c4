"""What Alertmanager tells, brought to the chat robots of WeCom, DingTalk and Feishu.

A receiver of Alertmanager's webhook: each notification becomes one message for each robot, in Chinese or
English, within what the platform allows. It may import ``errors`` only; settings are handed in.
Nothing is kept: what could not be told is answered with 503, and Alertmanager asks again.
"""
